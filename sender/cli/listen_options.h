// The options of `listen`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sender/base/diagnostics.h"
#include "sender/cli/command_line.h"
#include "sender/listener/listener_options.h"
#include "sender/mapping/profile.h"

namespace esm {

struct ListenVerbOptions {
  ListenerOptions listener;
  std::vector<Profile> profiles;  // of everybody
  bool quiet = false;

  void declare(CommandLine& line);
  // After parsing: loads profiles, settles what depends on several options, finds combinations that
  // cannot work.
  void settle(Diagnostics& diagnostics);

 private:
  struct OwnProfile {
    IpNetwork sender;
    std::string profile;
  };

  void declare_where(CommandLine& line);
  void declare_senders(CommandLine& line);
  void declare_reading(CommandLine& line);
  void declare_fault(CommandLine& line);
  void declare_outputs(CommandLine& line);
  void settle_tls(Diagnostics& diagnostics);
  void settle_reading(Diagnostics& diagnostics);
  void settle_profiles(Diagnostics& diagnostics);
  void settle_fault(Diagnostics& diagnostics);
  void settle_outputs(Diagnostics& diagnostics);
  bool has_streams() const { return !listener.tcp.empty() || !listener.tls.empty(); }

  std::vector<std::string> profile_names_;
  std::vector<OwnProfile> own_profiles_;
  std::string receiver_, framing_, fault_, client_certificates_, mappings_format_;
  std::optional<std::size_t> message_bytes_max_;
  std::optional<std::uint64_t> fault_after_, fault_rate_, fault_connections_;
  std::optional<std::chrono::nanoseconds> fault_for_;
};

}  // namespace esm
