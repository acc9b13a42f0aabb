#include "sender/check/reading_check.h"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "sender/base/units.h"
#include "sender/check/repeats.h"
#include "sender/check/shown_profiles.h"
#include "sender/mapping/profile_set.h"
#include "sender/mapping/shown_user.h"
#include "sender/message/renderer.h"

namespace esm {
namespace {

std::string plural(std::uint64_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", format_thousands(count), count == 1 ? one : many);
}

// A user regex that is tried in place of the profile's own, and how it is doing.
struct Better {
  std::string regex;
  ProfileSet reader;
  bool reads_all = true;
};

class ReadingCheck {
 public:
  ReadingCheck(const Plan& plan, const Templates& templates, const std::vector<Profile>& profiles,
               const CheckOptions& options)
      : plan_(plan),
        profiles_(profiles),
        name_(shown_profiles(profiles)),
        renderer_(templates, plan, options.epoch),
        reader_(profiles),
        line_(renderer_.room(), '\0'),
        user_seen_(plan.user_count(), false),
        repeats_(plan.user_count()) {}

  void run(std::vector<Warning>& warnings) {
    for_each_logon([this](const Event& event, bool first_of_user) { read(event, first_of_user); });
    misread(warnings);
    unread(warnings);
    alike(warnings);
  }

 private:
  // Calls `function` for every logon of every endpoint, and whether its user comes for the first
  // time.
  template <typename Function>
  void for_each_logon(Function function) {
    std::fill(user_seen_.begin(), user_seen_.end(), false);
    std::vector<Change> changes;
    for (std::uint32_t endpoint = 0; endpoint < plan_.endpoint_count(); ++endpoint) {
      std::uint8_t site = 0;
      SimTime at = plan_.changes_at(endpoint, SimTime{-1}, changes);
      while (at < plan_.scenario().length) {
        const SimTime next = plan_.changes_at(endpoint, at, changes);
        for (const Change& change : changes) {
          if (change.kind == Activity::Kind::kRoam) site = change.site;
          if (change.kind != Activity::Kind::kLogon) continue;
          Event event;
          event.due = at;
          event.endpoint = endpoint;
          event.user = change.user;
          event.kind = EventKind::kLogon;
          event.site = site;
          function(event, !user_seen_[change.user]);
          user_seen_[change.user] = true;
        }
        at = next;
      }
    }
  }

  std::string host(std::uint32_t endpoint) const {
    const EndpointRef ref = plan_.endpoint_ref(endpoint);
    return plan_.scenario().endpoints[ref.group].host.name(ref.index);
  }

  // Lives until the next call.
  std::string_view render(const Event& event) {
    char* const end = renderer_.render(event, line_.data());
    return {line_.data(), static_cast<std::size_t>(end - line_.data())};
  }

  void read(const Event& event, bool first_of_user) {
    const std::string_view line = render(event);
    const UserRef ref = plan_.user_ref(event.user);
    const UserGroup& group = plan_.scenario().users[ref.group];
    const Reading reading = reader_.read(line);
    switch (reading.verdict) {
      case Reading::Verdict::kMapped: {
        if (reading.logout && has_login(profiles_)) {
          as_logout_.emplace_back(line);
          return;
        }
        const IpAddress own = plan_.address(event);
        for (const IpAddress& address : reading.addresses()) {
          if (address != own) wrong_address(event, address.to_string());
        }
        if (!first_of_user) return;
        const std::string_view shown = reader_.table_user(reading, shown_);
        const bool right = is_right_user(group, ref.index, shown);
        if (!right) {
          wrong_users_.push_back(fmt::format("{} is read as {}", group.written(ref.index), shown));
          ++becomes_[std::string(shown)];
        } else {
          repeats_.add(event.user, shown);
        }
        return;
      }
      case Reading::Verdict::kIgnored:
        if (first_of_user) ignored_.push_back(group.written(ref.index));
        return;
      case Reading::Verdict::kNoEvent:
        no_event_.emplace_back(line);
        return;
      case Reading::Verdict::kNoUser:
        if (first_of_user) {
          const std::string text = group.written(ref.index);
          no_user_.push_back(text.empty() ? "(an empty name)" : text);
        }
        return;
      case Reading::Verdict::kNoAddress:
        no_address_.push_back(host(event.endpoint) + ": " + plan_.address(event).to_string());
        return;
      case Reading::Verdict::kBadAddress:
        wrong_address(event, fmt::format("{}, which is no address", reading.address_text()));
        return;
      case Reading::Verdict::kGaveUp:
        gave_up_.emplace_back(line);
        return;
    }
  }

  void wrong_address(const Event& event, const std::string& shown) {
    wrong_addresses_.push_back(fmt::format("{}: {} is read as {}", host(event.endpoint),
                                           plan_.address(event).to_string(), shown));
  }

  void misread(std::vector<Warning>& warnings) {
    if (wrong_users_.empty()) return;
    Warning warning;
    warning.code = "user-misread";
    const std::uint64_t wrong = wrong_users_.size();
    warning.problem =
        fmt::format("{} read wrongly by the {}", plural(wrong, "user is", "users are"), name_);
    // Those into whom most collapse come first.
    std::vector<std::pair<std::uint64_t, std::string>> crowds;
    for (const auto& [shown, count] : becomes_) {
      if (count > 1) crowds.emplace_back(count, shown);
    }
    std::sort(crowds.begin(), crowds.end(), [](const auto& a, const auto& b) {
      return a.first != b.first ? a.first > b.first : a.second < b.second;
    });
    constexpr std::size_t kCrowdsMax = 3;
    for (std::size_t i = 0; i < crowds.size() && i < kCrowdsMax; ++i) {
      warning.problem += fmt::format("{} {} become {}", i == 0 ? ":" : ",",
                                     format_thousands(crowds[i].first), crowds[i].second);
    }
    if (crowds.size() > kCrowdsMax) {
      warning.problem += fmt::format(", and so on for {} more names",
                                     format_thousands(crowds.size() - kCrowdsMax));
    }
    warning.samples = std::move(wrong_users_);
    warning.hint = better_regex();
    warnings.push_back(std::move(warning));
  }

  // A user regex for the same field that reads every user of this plan, tried on every one of them.
  std::string better_regex() {
    std::string general =
        "change the username regex so that it takes the whole value; the profiles traps-docs and "
        "traps-safe show how";
    const auto login = std::find_if(profiles_.begin(), profiles_.end(), [](const Profile& profile) {
      return profile.purpose == Profile::For::kLogin;
    });
    if (login == profiles_.end()) return general;
    const auto* identifier = std::get_if<RegexIdentifier>(&login->identifier);
    if (identifier == nullptr) {
      return "choose the delimiter that ends the user's field, and no sooner: \\t between LEEF's";
    }
    const std::string field = identifier->username.substr(0, identifier->username.find('('));
    const bool plain = !field.empty() && std::all_of(field.begin(), field.end(), [](char c) {
      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
             c == '=' || c == '_' || c == ':' || c == ' ';
    });
    if (!plain) return general;
    std::vector<Better> candidates;
    for (const char* value : {R"(([a-zA-Z0-9\\\._]+))", R"(([^\s,|]+))", R"(([^\t]+))"}) {
      std::vector<Profile> changed = profiles_;
      auto& regexes = std::get<RegexIdentifier>(
          changed[static_cast<std::size_t>(login - profiles_.begin())].identifier);
      regexes.username = field + value;
      candidates.push_back({regexes.username, ProfileSet(changed)});
    }
    std::uint64_t users = 0, unnamed = 0;
    for_each_logon([&](const Event& event, bool first_of_user) {
      if (!first_of_user) return;
      const UserRef ref = plan_.user_ref(event.user);
      const UserGroup& group = plan_.scenario().users[ref.group];
      const std::string_view line = render(event);
      // Whose message names nobody cannot be read by any regex.
      const bool named = !group.written(ref.index).empty();
      ++(named ? users : unnamed);
      for (Better& better : candidates) {
        if (!better.reads_all || !named) continue;
        const Reading reading = better.reader.read(line);
        better.reads_all = reading.verdict == Reading::Verdict::kMapped &&
                           is_right_user(group, ref.index, better.reader.table_user(reading));
      }
    });
    for (const Better& better : candidates) {
      if (!better.reads_all) continue;
      return fmt::format(
          "the username regex {} reads every user of this scenario rightly: {} with it, each out "
          "of a message of their own{}",
          better.regex, users == 1 ? "1 was read" : format_thousands(users) + " were read",
          unnamed == 0 ? "" : fmt::format("; {} have no name", format_thousands(unnamed)));
    }
    return general;
  }

  void unread(std::vector<Warning>& warnings) {
    const auto add = [&](const char* code, std::string problem, std::vector<std::string>& samples,
                         std::string hint) {
      if (samples.empty()) return;
      warnings.push_back({code, std::move(problem), std::move(samples), std::move(hint)});
    };
    add("user-unread",
        fmt::format("of {} the {} reads no user: they are never mapped",
                    plural(no_user_.size(), "user's messages", "users' messages"), name_),
        no_user_,
        "right for machines where nobody is logged on; otherwise look at the username "
        "regex");
    add("user-ignored",
        fmt::format("{} on the list of those whom the {} ignores: they are never mapped",
                    plural(ignored_.size(), "user is", "users are"), name_),
        ignored_, "right for service accounts and the like");
    add("logon-as-logout",
        fmt::format("{} taken for logouts by the {}",
                    plural(as_logout_.size(), "message of a logon is", "messages of logons are"),
                    name_),
        as_logout_,
        "profiles are tried in their order: put that for logins first, or let the event of the "
        "other one match logouts alone");
    add("event-unread",
        fmt::format("{} taken for another kind of message by the {}, and passed over",
                    plural(no_event_.size(), "message is", "messages are"), name_),
        no_event_,
        "the event regex matches nothing in them: do template and profile belong "
        "together?");
    add("address-unread",
        fmt::format("in {} the {} finds no address",
                    plural(no_address_.size(), "message", "messages"), name_),
        no_address_, "look at the address regex");
    add("address-misread",
        fmt::format("in {} the {} reads another address than the endpoint's",
                    plural(wrong_addresses_.size(), "message", "messages"), name_),
        wrong_addresses_,
        "the first match in the line wins: does the regex match in an earlier "
        "field?");
    add("profile-gave-up",
        fmt::format("at {} the regexes of the {} give up: they need too many steps",
                    plural(gave_up_.size(), "message", "messages"), name_),
        gave_up_, "avoid nested repetitions such as (a+)+");
  }

  // The users of every name that several have.
  std::map<std::string, std::vector<std::uint32_t>> same_users() {
    std::map<std::string, std::vector<std::uint32_t>> out;
    const std::vector<std::uint32_t> candidates = repeats_.candidates();
    if (candidates.empty()) return out;
    for_each_logon([&](const Event& event, bool first_of_user) {
      if (!first_of_user || !std::binary_search(candidates.begin(), candidates.end(), event.user)) {
        return;
      }
      out[reader_.table_user(reader_.read(render(event)))].push_back(event.user);
    });
    return out;
  }

  void alike(std::vector<Warning>& warnings) {
    Warning warning;
    std::uint64_t users = 0;
    for (const auto& [shown, list] : same_users()) {
      if (list.size() < 2) continue;
      users += list.size();
      std::string sample = shown + ":";
      for (std::size_t i = 0; i < list.size(); ++i) {
        const UserRef ref = plan_.user_ref(list[i]);
        const UserGroup& group = plan_.scenario().users[ref.group];
        const std::string_view domain = group.domain_of(ref.index);
        sample += fmt::format("{} {}{}{}", i == 0 ? "" : ",", group.key,
                              domain.empty() ? "" : " of ", domain);
      }
      warning.samples.push_back(std::move(sample));
    }
    if (warning.samples.empty()) return;
    warning.code = "users-alike";
    warning.problem =
        fmt::format("{} users look like another one at the receiver", format_thousands(users));
    warning.hint =
        "let messages carry the domain: form: DOMAIN\\user or user@domain, if the "
        "profile reads it";
    warnings.push_back(std::move(warning));
  }

  const Plan& plan_;
  const std::vector<Profile>& profiles_;
  const std::string name_;
  Renderer renderer_;
  ProfileSet reader_;
  std::string line_, shown_;
  std::vector<bool> user_seen_;

  std::vector<std::string> as_logout_, ignored_, wrong_users_, no_user_, no_event_, no_address_,
      wrong_addresses_, gave_up_;
  std::map<std::string, std::uint64_t> becomes_;  // wrong name -> users
  Repeats repeats_;                               // of right names
};

}  // namespace

void check_reading(const Plan& plan, const Templates& templates,
                   const std::vector<Profile>& profiles, const CheckOptions& options,
                   std::vector<Warning>& warnings) {
  ReadingCheck(plan, templates, profiles, options).run(warnings);
}

}  // namespace esm
