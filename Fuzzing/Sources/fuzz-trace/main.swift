import FuzzDriver
import FuzzTargets

FuzzDriver.main(.trace)
