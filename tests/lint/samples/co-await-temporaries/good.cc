// path: sender/transport/tls.cc
// co_await connect(Options{1}) in a comment is no code, and "co_await f({1})" neither.
auto good(Socket& socket) -> awaitable<void> {
  Options options{1, 2};
  co_await connect(std::move(options));
  co_await socket.async_wait(kRead, as_tuple(use_awaitable));
  const auto [error, size] = co_await read(socket, buffer(data));
  while (co_await step()) {
    values[0] = {1, 2};
  }
  auto text = "co_await f({1})";
  co_await post(executor, [] { return 1; });  // captures nothing: nothing to destroy twice
}
