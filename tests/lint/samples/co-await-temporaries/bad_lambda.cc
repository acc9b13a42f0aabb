// path: sender/engine/loop.cc
auto bad(Socket& socket) -> awaitable<void> {
  co_await post(executor, [&socket] { socket.close(); });  // BAD
  co_await post(executor, [this](int x) mutable { f(x); });  // BAD
}
