#include "sender/listener/listen_socket.h"

#include <cerrno>
#include <string>
#include <type_traits>

#include <boost/asio/ip/v6_only.hpp>
#include <fmt/format.h>

namespace esm {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using asio::ip::udp;
using boost::system::error_code;

std::string text_of(const ListenAddress& address) {
  const bool v6 = address.host.find(':') != std::string::npos;
  return fmt::format("{}{}{}:{}", v6 ? "[" : "", address.host, v6 ? "]" : "", address.port);
}

std::string hint_for(const error_code& error) {
  switch (error.value()) {
    case EACCES:
      return "ports below 1024 need root or CAP_NET_BIND_SERVICE: choose one above, or 0 for a "
             "free one";
    case EADDRINUSE:
      return "another program listens there: choose another port, or 0 for a free one";
    case EADDRNOTAVAIL:
      return "this machine does not have that address";
    default:
      return "";
  }
}

constexpr int kSlowBufferBytes = 16 * 1024;

// Opens and binds; an acceptor listens then.
template <typename Socket>
std::optional<Socket> open(asio::io_context& context, const std::string& kind,
                           const ListenAddress& address, const ListenerFault& fault,
                           Diagnostics& diagnostics) {
  const std::string what = kind + " " + text_of(address);
  error_code error;
  const asio::ip::address host =
      asio::ip::make_address(address.host == "localhost" ? "127.0.0.1" : address.host, error);
  if (error) {
    diagnostics.error(
        {}, fmt::format("cannot listen on {}: '{}' is not an address", what, address.host),
        "write 127.0.0.1, 0.0.0.0 for all of IPv4, [::1], or [::] for all of IPv6");
    return std::nullopt;
  }
  constexpr bool kStream = std::is_same_v<Socket, tcp::acceptor>;
  const typename Socket::endpoint_type endpoint(host, address.port);
  Socket socket(context);
  socket.open(endpoint.protocol(), error);
  if (!error && host.is_v6()) socket.set_option(asio::ip::v6_only(true), error);
  if constexpr (kStream) {
    if (!error) socket.set_option(tcp::acceptor::reuse_address(true), error);
  }
  if (!error) socket.bind(endpoint, error);
  if constexpr (kStream) {
    using enum ListenerFault::Kind;
    // With the usual megabytes of buffers nobody would notice for long that we read slowly.
    if (!error && (fault.kind == kStall || fault.kind == kSlow)) {
      socket.set_option(tcp::acceptor::receive_buffer_size(kSlowBufferBytes), error);
    }
    if (!error && fault.kind != kRefuse)
      socket.listen(asio::socket_base::max_listen_connections, error);
  }
  if (error) {
    diagnostics.error({}, fmt::format("cannot listen on {}: {}", what, error.message()),
                      hint_for(error));
    return std::nullopt;
  }
  return socket;
}

}  // namespace

std::optional<udp::socket> open_udp_socket(asio::io_context& context, const ListenAddress& address,
                                           Diagnostics& diagnostics) {
  return open<udp::socket>(context, "udp", address, {}, diagnostics);
}

std::optional<tcp::acceptor> open_acceptor(asio::io_context& context, const std::string& kind,
                                           const ListenAddress& address, const ListenerFault& fault,
                                           Diagnostics& diagnostics) {
  return open<tcp::acceptor>(context, kind, address, fault, diagnostics);
}

}  // namespace esm
