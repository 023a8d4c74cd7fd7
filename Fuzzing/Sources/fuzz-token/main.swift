import FuzzDriver
import FuzzTargets

FuzzDriver.main(.token)
