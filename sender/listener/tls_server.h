// The TLS side of a listener: TLS 1.2 or newer, certificate, key, CA of client certificates.
#pragma once

#include <memory>

#include <boost/asio/ssl/context.hpp>

#include "sender/base/diagnostics.h"
#include "sender/listener/listener_options.h"

namespace esm {

// Null, and errors in `diagnostics`, when a file cannot be used. Encrypted keys are refused:
// OpenSSL would ask for the passphrase on the terminal.
std::unique_ptr<boost::asio::ssl::context> make_tls_server(const ListenerOptions& options,
                                                           Diagnostics& diagnostics);

}  // namespace esm
