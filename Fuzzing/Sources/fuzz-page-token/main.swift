import FuzzDriver
import FuzzTargets

FuzzDriver.main(.pageToken)
