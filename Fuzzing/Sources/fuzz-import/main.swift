import FuzzDriver
import FuzzTargets

FuzzDriver.main(.importFile)
