// path: sender/base/units.cc
#include "units.h"  // BAD
#include "../base/units.h"  // BAD
