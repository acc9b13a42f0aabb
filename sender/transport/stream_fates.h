// Which messages of a batch are written when a stream took so many bytes of it: pure arithmetic,
// shared by TCP, TLS and files.
#pragma once

#include <cstddef>
#include <vector>

#include "sender/message/batch.h"
#include "sender/transport/outcome.h"

namespace esm {

// Appends the fates of the messages of `batch` when its first `taken` bytes were accepted for good
// and of the bytes from there to `touched` (>= taken) some may have been and some not: messages
// that end by `taken` are written, those that begin before `touched` are cut, the rest has no fate.
// `error` is noted at what was cut. Runs of no message are left out.
void append_stream_fates(const Batch& batch, std::size_t taken, std::size_t touched, int error,
                         std::vector<FateRun>& runs);

}  // namespace esm
