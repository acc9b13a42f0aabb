#include "sender/listener/acceptor.h"

#include <cerrno>
#include <chrono>
#include <memory>
#include <utility>

#include "sender/base/socket_address.h"

namespace esm {

using boost::asio::ip::tcp;
using boost::system::error_code;

Acceptor::Acceptor(Reception& reception, Sessions& sessions, tcp::acceptor acceptor, SSL_CTX* tls)
    : reception_(reception),
      sessions_(sessions),
      acceptor_(std::move(acceptor)),
      retry_(reception.context),
      tls_(tls) {}

void Acceptor::start() {
  const ListenerFault& fault = reception_.options.fault;
  if (fault.kind != ListenerFault::Kind::kRefuse) {
    accept();
    return;
  }
  ++reception_.faults;
  if (!fault.lasting) return;
  retry_.expires_after(*fault.lasting);
  retry_.async_wait([this](const error_code& stopped) {
    if (stopped) return;
    error_code error;
    acceptor_.listen(boost::asio::socket_base::max_listen_connections, error);
    if (!error) {
      accept();
    } else if (reception_.problem.empty()) {
      reception_.problem = "cannot listen after it refused: " + error.message();
    }
  });
}

void Acceptor::accept() {
  acceptor_.async_accept([this](const error_code& error, tcp::socket socket) {
    if (error == boost::asio::error::operation_aborted) return;
    if (error) {
      accept_failed(error);
      return;
    }
    take(std::move(socket));
    accept();
  });
}

void Acceptor::stop() {
  error_code ignored;  // nothing can be done about it
  acceptor_.close(ignored);
  retry_.cancel();
}

void Acceptor::take(tcp::socket socket) {
  error_code error;
  const tcp::endpoint peer = socket.remote_endpoint(error);
  if (error) {
    ++reception_.aborted;  // reset while it waited to be accepted
    return;
  }
  const IpAddress address = ip_address_of(*peer.data());
  if (!reception_.allows(address)) {
    ++reception_.connections_not_allowed;
    return;
  }
  if (sessions_.size() >= reception_.options.sessions_max) {
    ++reception_.refused;
    return;
  }
  const auto session = std::make_shared<Session>(reception_, sessions_, address, std::move(socket),
                                                 tls_, reception_.next_fault());
  sessions_.insert(session);
  session->start();
}

// Out of descriptors or memory the connection stays in the queue, and accepting again at once
// would only spin.
void Acceptor::accept_failed(const error_code& error) {
  if (error.value() == EMFILE || error.value() == ENFILE || error.value() == ENOBUFS ||
      error.value() == ENOMEM) {
    ++reception_.refused;
    retry_.expires_after(std::chrono::milliseconds{100});
    retry_.async_wait([this](const error_code& stopped) {
      if (!stopped) accept();
    });
    return;
  }
  accept();
}

}  // namespace esm
