#include "sender/listener/tls_server.h"

#include <array>
#include <cstddef>
#include <string>
#include <utility>

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/verify_mode.hpp>
#include <fmt/format.h>

namespace esm {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kReadAheadBytes = 128 * 1024;

}  // namespace

std::unique_ptr<asio::ssl::context> make_tls_server(const ListenerOptions& options,
                                                    Diagnostics& diagnostics) {
  auto tls = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_server);
  SSL_CTX* const native = tls->native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_options(native, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
  // Several records come with one system call.
  SSL_CTX_set_read_ahead(native, 1);
  SSL_CTX_set_default_read_buffer_len(native, kReadAheadBytes);
  // TLS 1.3 tickets come unasked. A sender that only writes and never reads them would end its
  // connection with RST, which throws away what is still on its way to us.
  SSL_CTX_set_num_tickets(native, 0);
  boost::system::error_code error;
  const auto problem = [&](const std::string& path, const std::string& what,
                           const std::string& hint) {
    if (!error) return;
    diagnostics.error({path, 0, 0, 1}, fmt::format("{}: {}", what, error.message()), hint);
  };
  if (options.tls_cert_file.empty() || options.tls_key_file.empty()) {
    diagnostics.error({}, "a TLS port needs a certificate and its key",
                      "give both files: --tls-cert server.pem --tls-key server.key");
    return nullptr;
  }
  tls->use_certificate_chain_file(options.tls_cert_file, error);
  problem(options.tls_cert_file, "cannot be used as the TLS certificate",
          "a PEM file: the server's certificate, then those that signed it");
  bool good = !error;
  tls->set_password_callback(
      [](std::size_t, asio::ssl::context::password_purpose) { return std::string(); }, error);
  tls->use_private_key_file(options.tls_key_file, asio::ssl::context::pem, error);
  problem(options.tls_key_file, "cannot be used as the TLS key",
          "a PEM file, not encrypted, that belongs to the certificate");
  good = good && !error;
  if (!options.tls_client_ca_file.empty()) {
    tls->load_verify_file(options.tls_client_ca_file, error);
    problem(options.tls_client_ca_file, "cannot be used as the CA of client certificates",
            "a PEM file");
    good = good && !error;
    asio::ssl::verify_mode mode = asio::ssl::verify_peer;
    if (!options.tls_client_may_be_unknown) mode |= asio::ssl::verify_fail_if_no_peer_cert;
    tls->set_verify_mode(mode, error);
    if (STACK_OF(X509_NAME)* const names =
            SSL_load_client_CA_file(options.tls_client_ca_file.c_str())) {
      SSL_CTX_set_client_CA_list(native, names);  // so that the client knows which to send
    }
    // Without it no session with a client certificate can be resumed (TLS 1.2).
    static constexpr std::array<unsigned char, 10> kSessionId{'e', 's', 'm', '-', 'l',
                                                              'i', 's', 't', 'e', 'n'};
    SSL_CTX_set_session_id_context(native, kSessionId.data(), kSessionId.size());
  }
  return good ? std::move(tls) : nullptr;
}

}  // namespace esm
