// How far an address reaches, for the guard rails: a load must not leave its lab by mistake.
#pragma once

#include "sender/base/ip_address.h"

namespace esm {

enum class AddressClass {
  kLoopback,
  kPrivate,
  kPublic,
  kMulticast
};  // broadcast counts as multicast

AddressClass classify(const IpAddress& address);

}  // namespace esm
