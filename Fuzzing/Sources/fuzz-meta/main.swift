import FuzzDriver
import FuzzTargets

FuzzDriver.main(.meta)
