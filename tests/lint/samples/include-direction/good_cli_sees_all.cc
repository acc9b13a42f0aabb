// path: sender/cli/run.cc
#include "sender/engine/player.h"
#include "sender/verify/verify.h"
