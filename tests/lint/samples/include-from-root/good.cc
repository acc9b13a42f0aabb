// path: tests/base/units_test.cc
#include "sender/base/units.h"
#include <gtest/gtest.h>
#include "tests/support/listener.h"
