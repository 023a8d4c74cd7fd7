import FuzzDriver
import FuzzTargets

FuzzDriver.main(.retail)
