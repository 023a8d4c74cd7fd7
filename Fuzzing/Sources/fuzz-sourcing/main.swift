import FuzzDriver
import FuzzTargets

FuzzDriver.main(.sourcing)
