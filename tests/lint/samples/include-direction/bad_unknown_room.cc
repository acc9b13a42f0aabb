// path: sender/misc/helper.cc BAD
#include "sender/base/books.h"
