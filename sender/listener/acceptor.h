// Accepts for one TCP or TLS port.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "sender/listener/reception.h"
#include "sender/listener/session.h"

namespace esm {

class Acceptor {
 public:
  // `tls` is null for plain TCP. All references must outlive the acceptor.
  Acceptor(Reception& reception, Sessions& sessions, boost::asio::ip::tcp::acceptor acceptor,
           boost::asio::ssl::context* tls);

  void accept();
  void stop();

 private:
  void take(boost::asio::ip::tcp::socket socket);
  void accept_failed(const boost::system::error_code& error);

  Reception& reception_;
  Sessions& sessions_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer retry_;
  boost::asio::ssl::context* tls_;
};

}  // namespace esm
