import FuzzDriver
import FuzzTargets

FuzzDriver.main(.csv)
