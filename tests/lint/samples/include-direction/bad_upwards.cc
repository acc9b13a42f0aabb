// path: sender/base/books.cc
#include "sender/base/books.h"
#include "sender/report/histogram.h"  // BAD
