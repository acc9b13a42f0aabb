// What the listener does with a message once it has one: count it, write it down, read it with the
// profiles, put it into the table. No sockets and no clock: times are given.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sender/listener/listener_options.h"
#include "sender/listener/listener_result.h"
#include "sender/listener/output_file.h"
#include "sender/mapping/profile_set.h"
#include "sender/mapping/table.h"

namespace esm {

// Who sent a message: the counters, and how it is read. Stays valid as long as its intake.
struct Sender {
  SenderCounters* counters = nullptr;
  const ProfileSet* profiles = nullptr;
};

class Intake {
 public:
  // `received` may be closed: then nothing is written down. All references must outlive the intake.
  Intake(const std::vector<Profile>& profiles, const ListenerOptions& options, OutputFile& received,
         const std::function<void(const Mapping&)>& on_mapping);

  Sender sender(const IpAddress& address);

  // Allocates nothing when the message changes nothing but an entry's end.
  void message(std::string_view message, const Sender& sender, SimTime now);
  void too_long(std::uint64_t count, const Sender& sender);

  // Forgets ended mappings from time to time.
  void tidy(SimTime now);

  std::uint64_t messages() const { return counts_.messages; }
  // Everything but what only the sockets know.
  ListenerResult result(SimTime now) const;

 private:
  // False when the table is full.
  bool login(const IpAddress& address, std::string_view user, SimTime now);
  const ProfileSet* profiles_for(const IpAddress& address) const;

  ProfileSet profiles_;  // of everybody
  std::map<const SenderRule*, ProfileSet> own_profiles_;
  const ListenerOptions& options_;
  OutputFile& received_;
  const std::function<void(const Mapping&)>& on_mapping_;
  MappingTable table_;
  SimTime purged_{};
  ListenerResult counts_;
  std::unordered_map<IpAddress, SenderCounters> senders_;
  SenderCounters others_;
  std::string scratch_;
};

}  // namespace esm
