from primitives import *
