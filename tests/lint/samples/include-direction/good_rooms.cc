// path: sender/engine/player.cc
#include "sender/engine/player.h"

#include <vector>

#include "sender/base/books.h"
#include "sender/transport/transport.h"
