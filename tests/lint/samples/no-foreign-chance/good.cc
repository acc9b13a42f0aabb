// path: sender/scenario/plan.cc
#include "sender/base/random.h"
const auto value = draw(seed, identity, Purpose::kPhase, 0);
