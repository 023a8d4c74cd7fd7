import FuzzDriver
import FuzzTargets

FuzzDriver.main(.streamMeta)
