import FuzzDriver
import FuzzTargets

FuzzDriver.main(.frame)
