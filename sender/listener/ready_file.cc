#include "sender/listener/ready_file.h"

#include <cerrno>
#include <cstdio>
#include <cstring>

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sender/listener/output_file.h"

namespace esm {

void write_ready_file(const std::string& path, const ListenerPorts& ports,
                      Diagnostics& diagnostics) {
  const std::string text =
      fmt::format("{{\"udp\":[{}],\"tcp\":[{}],\"tls\":[{}]}}\n", fmt::join(ports.udp, ","),
                  fmt::join(ports.tcp, ","), fmt::join(ports.tls, ","));
  // Whoever waits for the file must find it whole; but a device or a pipe is not replaced.
  struct stat status {};
  const bool replaced = ::lstat(path.c_str(), &status) != 0 || S_ISREG(status.st_mode);
  const std::string part = replaced ? fmt::format("{}.{}.part", path, ::getpid()) : path;
  OutputFile file;
  int error = 0;
  if (file.open(part)) file.write(text);
  if (!file.close()) error = file.error();
  if (error == 0 && replaced && std::rename(part.c_str(), path.c_str()) != 0) error = errno;
  if (error == 0) return;
  if (replaced) ::unlink(part.c_str());
  diagnostics.error({path, 0, 0, 1},
                    fmt::format("the ready file cannot be written: {}", std::strerror(error)));
}

}  // namespace esm
