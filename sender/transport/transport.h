// The seam between the program and a receiver: one connection of one lane to one target. The engine
// decides what is sent and when; a transport only moves bytes and says what became of each message.
// Not thread-safe: everything happens on the io_context it was made with, one operation at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "sender/base/diagnostics.h"
#include "sender/message/batch.h"
#include "sender/transport/outcome.h"
#include "sender/transport/target.h"

namespace esm {

class Transport {
 public:
  virtual ~Transport() = default;

  // Connects (and shakes hands). Not ready on a problem. May be called again after a loss:
  // addresses are resolved anew. Bounded by the timeouts of TransportOptions.
  virtual boost::asio::awaitable<Problem> open() = 0;

  // Offers the whole batch. Returns when every message has a fate or the connection is lost.
  // `outcome` is the caller's, so that its memory is reused.
  virtual boost::asio::awaitable<void> write(const Batch& batch, WriteOutcome& outcome) = 0;

  // Whether messages are best offered as they become due, without a turn of the io_context between.
  virtual bool writes_at_once() const { return false; }
  // As write(), as far as it goes without waiting; only of a transport that writes at once. False:
  // write() with the same batch and outcome goes on where this stopped.
  virtual bool try_write(const Batch&, WriteOutcome&) { return false; }

  // Says goodbye (TLS close_notify, FIN) and waits for the peer's, at most the close timeout.
  virtual boost::asio::awaitable<CloseOutcome> close() = 0;

  // Ends any operation under way at once, which then returns with a loss; closes without goodbye.
  virtual void abort() = 0;

  // Called when the connection is lost while nothing is being written: the pending read saw the
  // peer's end. The next write would be lost; the engine reopens instead. Set before open().
  virtual void on_loss(std::function<void(const Problem&)> callback) = 0;

  // How many bytes of the batches written since open() the peer's kernel is known to have (the
  // words are the README's). Of a connection that is over: what it knew then; before open(): 0.
  // Streams only, 0 elsewhere.
  virtual std::uint64_t acknowledged() { return 0; }

  // "127.0.0.1:6514, TLSv1.3 TLS_AES_128_GCM_SHA256", for the report; empty before open().
  virtual std::string peer() const = 0;
  // TLS: the receiver's certificate, one line for people with its fingerprint; else empty.
  virtual std::string certificate() const { return {}; }
};

// `source` is the ESM's own address; options.source overrides it. The files that options.tls names
// are read here: a problem with them is reported in `diagnostics` and nothing is returned.
std::unique_ptr<Transport> make_transport(boost::asio::io_context& context, const Target& target,
                                          const TransportOptions& options,
                                          std::optional<IpAddress> source,
                                          Diagnostics& diagnostics);

}  // namespace esm
