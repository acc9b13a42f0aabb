// path: sender/transport/tls.cc
auto bad(Socket& socket) -> awaitable<void> {
  co_await connect(Options{1, 2});  // BAD
  co_await connect({1, 2});  // BAD
  const auto result = co_await connect(  // BAD
      socket,
      std::string{"x"});
}
