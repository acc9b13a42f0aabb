// Sockets that listen, from addresses as the options give them.
#pragma once

#include <optional>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>

#include "sender/base/diagnostics.h"
#include "sender/listener/listener_options.h"

namespace esm {

// Nothing, and an error with a hint, where an address is none or cannot be had.
std::optional<boost::asio::ip::udp::socket> open_udp_socket(boost::asio::io_context& context,
                                                            const ListenAddress& address,
                                                            Diagnostics& diagnostics);
// `kind`, tcp or tls, is what errors call it. Bound; it listens too unless `fault` is kRefuse.
std::optional<boost::asio::ip::tcp::acceptor> open_acceptor(boost::asio::io_context& context,
                                                            const std::string& kind,
                                                            const ListenAddress& address,
                                                            const ListenerFault& fault,
                                                            Diagnostics& diagnostics);

}  // namespace esm
