// Accepts for one TCP or TLS port.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <openssl/ssl.h>

#include "sender/listener/reception.h"
#include "sender/listener/session.h"

namespace esm {

class Acceptor {
 public:
  // Takes a bound socket, which listens unless ListenerFault::kRefuse is asked for. `tls` is null
  // for plain TCP. All references must outlive the acceptor.
  Acceptor(Reception& reception, Sessions& sessions, boost::asio::ip::tcp::acceptor acceptor,
           SSL_CTX* tls);

  // Accepts from now on, or from when the refusing ends.
  void start();
  void stop();

 private:
  void accept();
  void take(boost::asio::ip::tcp::socket socket);
  void accept_failed(const boost::system::error_code& error);

  Reception& reception_;
  Sessions& sessions_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer retry_;
  SSL_CTX* tls_;
};

}  // namespace esm
