// path: sender/transport/udp.cc
#include "sender/message/batch.h"
#include "sender/message/framing.h"
