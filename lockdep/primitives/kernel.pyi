from primitives.kernel import *
