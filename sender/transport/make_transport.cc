// The one place where a target becomes a running transport.
#include <type_traits>
#include <utility>
#include <variant>

#include <fmt/format.h>
#include <sys/socket.h>

#include "sender/transport/file_transport.h"
#include "sender/transport/stream_transport.h"
#include "sender/transport/tls_context.h"
#include "sender/transport/transport.h"
#include "sender/transport/udp_transport.h"

namespace esm {
namespace {

template <typename NetworkTarget>
Connector::Options connect_options(const NetworkTarget& target, int type,
                                   const TransportOptions& options,
                                   std::optional<IpAddress> source) {
  Connector::Options connect;
  connect.host = target.host;
  connect.port = target.port;
  connect.type = type;
  // What is given on the command line beats what the scenario says of its ESMs.
  connect.source = options.source ? options.source : source;
  connect.allow_public = options.allow_public;
  connect.allow_private = options.allow_private;
  connect.timeout = options.connect_timeout;
  connect.ip = options.ip;
  return connect;
}

StreamTransport::Options stream_options(const TransportOptions& options) {
  return {options.handshake_timeout, options.write_stall_timeout, options.close_timeout,
          options.tcp, options.framing};
}

// A name that SNI and a certificate can carry.
bool check_tls_name(const std::string& name, Diagnostics& diagnostics) {
  if (name.empty() || IpAddress::parse(name)) return true;
  const bool good = name.size() <= 253 &&
                    name.find_first_of(std::string_view("/:@ \t\0", 6)) == std::string::npos;
  if (!good) {
    diagnostics.error({},
                      fmt::format("--tls-name: '{}' is neither a host name nor an address", name),
                      "write the name as it stands in the receiver's certificate");
  }
  return good;
}

}  // namespace

std::unique_ptr<Transport> make_transport(boost::asio::io_context& context, const Target& target,
                                          const TransportOptions& options,
                                          std::optional<IpAddress> source,
                                          Diagnostics& diagnostics) {
  return std::visit(
      [&](const auto& kind) -> std::unique_ptr<Transport> {
        using Kind = std::decay_t<decltype(kind)>;
        if constexpr (std::is_same_v<Kind, UdpTarget>) {
          return std::make_unique<UdpTransport>(
              context, connect_options(kind, SOCK_DGRAM, options, source),
              UdpTransport::Options{options.write_stall_timeout, options.udp_gso});
        } else if constexpr (std::is_same_v<Kind, TcpTarget>) {
          return std::make_unique<StreamTransport>(
              context, connect_options(kind, SOCK_STREAM, options, source), stream_options(options),
              nullptr);
        } else if constexpr (std::is_same_v<Kind, TlsTarget>) {
          const bool good_name = check_tls_name(options.tls.name, diagnostics);
          std::shared_ptr<const TlsContext> tls = TlsContext::make(options.tls, diagnostics);
          if (!tls || !good_name) return nullptr;
          return std::make_unique<StreamTransport>(
              context, connect_options(kind, SOCK_STREAM, options, source), stream_options(options),
              std::move(tls));
        } else if constexpr (std::is_same_v<Kind, FileTarget>) {
          return std::make_unique<FileTransport>(context, kind.path, options.connect_timeout);
        } else {
          static_assert(std::is_same_v<Kind, NullTarget>, "a kind of target without a transport");
          return std::make_unique<NullTransport>();
        }
      },
      target.kind);
}

}  // namespace esm
