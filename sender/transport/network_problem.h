// What network errors mean to a person, and what to do about each.
#pragma once

#include <chrono>
#include <string>

#include "sender/base/books.h"
#include "sender/base/ip_address.h"
#include "sender/transport/outcome.h"

namespace esm {

// Why a message was refused with this errno.
Reason reason_of(int error);

// errno in the kernel's words: "Connection refused".
std::string error_text(int error);

// `address`, to which the target's `host` leads, may not be sent to (address_class.h); a private
// one for its rate.
Problem forbidden_problem(const std::string& host, const IpAddress& address);

// A connection could not be made. `endpoint` is "192.0.2.10:514" or "firewall:514
// (192.0.2.10:514)"; ETIMEDOUT means that nothing answered.
Problem connect_problem(const std::string& endpoint, int error);

// An established connection ended with this errno; 0: the peer said FIN.
Problem lost_problem(const std::string& endpoint, int error);

// The kernel took nothing for so long because the peer does not read.
Problem stall_problem(const std::string& endpoint, std::chrono::milliseconds waited);

// The local address could not be bound.
Problem source_problem(const IpAddress& source, int error);

// The host has no address (`error` of getaddrinfo).
Problem name_problem(const std::string& host, int error);
Problem name_timeout_problem(const std::string& host, std::chrono::milliseconds waited);

// The operation was ended by Transport::abort().
Problem abort_problem();

}  // namespace esm
