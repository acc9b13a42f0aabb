// path: sender/cli/verb_run.cc
#include "sender/verify/verify.h"
#include "sender/testkit/result.h"  // BAD
