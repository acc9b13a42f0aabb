#include "sender/scenario/user_reader.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sender/base/units.h"
#include "sender/scenario/name_reader.h"
#include "sender/scenario/people_reader.h"
#include "sender/scenario/value_reader.h"

namespace esm {
namespace {

// In the order of Awkward::Kind.
constexpr std::array<const char*, Awkward::kKinds> kAwkwardKinds{"dots",   "hyphens", "apostrophes",
                                                                 "spaces", "accents", "long"};

class Reading {
 public:
  Reading(const YamlEntry& entry, LoadedFiles& files, Diagnostics& diagnostics)
      : node_(entry.value),
        map_(entry.value, fmt::format("the users '{}'", entry.key), diagnostics),
        files_(files),
        diagnostics_(diagnostics) {
    group_.key = entry.key;
    group_.place = entry.place;
  }

  UserGroup read() {
    const bool counted = map_.count("count", group_.count, 1, kGroupCountMax);
    read_domain();
    std::size_t form = 0;
    map_.choice("form", {"user", "DOMAIN\\user", "user@domain"}, form);
    group_.form = static_cast<UserForm>(form);
    const YamlNode* const file = map_.find("file");
    const YamlNode* const ignore = map_.find("ignore");
    if (file != nullptr) {
      read_file(*file, ignore, counted);
    } else {
      if (ignore != nullptr) {
        error(ignore->place, "ignore: columns of which file?", "add for instance file: people.csv");
      }
      read_pattern_group();
    }
    map_.finish();
    return std::move(group_);
  }

 private:
  void error(const Place& place, std::string problem, std::string hint = {}) {
    diagnostics_.error(place, std::move(problem), std::move(hint));
  }

  // One for all, or { CORP: 80%, LAB: 20% }.
  void read_domain() {
    const YamlNode* const node = map_.find("domain");
    if (node == nullptr) return;
    if (!node->is_map()) {
      std::string one;
      if (!map_.text("domain", one)) return;
      check_name(node->place, "domain", one, diagnostics_);
      if (!one.empty()) group_.domains.push_back({one, kWholePpm});
      return;
    }
    std::vector<ReadShare> shares;
    if (!read_shares(*node, "domain", shares, diagnostics_)) return;
    if (shares.size() > People::kDomainsMax) {
      error(node->place, fmt::format("domain: more than {}", People::kDomainsMax));
      return;
    }
    for (const ReadShare& share : shares) {
      check_name(share.entry->place, "domain", share.entry->key, diagnostics_);
      group_.domains.push_back({share.entry->key, share.parts_per_million});
    }
  }

  void read_pattern_group() {
    if (const YamlNode* name =
            map_.require("name", "name: alice, name: \"user{:05}\", or file: people.csv")) {
      if (map_.text("name", group_.name.prefix)) {
        group_.name = read_pattern(*name, "name", group_.count, diagnostics_);
      }
    }
    if (const YamlNode* awkward = map_.find("awkward")) read_awkward(*awkward);
    if (group_.form != UserForm::kBare && group_.domains.empty()) {
      error(node_.place, fmt::format("the users '{}': this form needs a domain", group_.key),
            "add for instance domain: CORP");
    }
  }

  // 20%, evenly of every kind; or { dots: 5%, spaces: 1% }.
  void read_awkward(const YamlNode& node) {
    constexpr auto kKinds = static_cast<std::uint32_t>(Awkward::kKinds);
    if (!node.is_map()) {
      std::uint32_t share = 0;
      if (!map_.percent("awkward", share)) return;
      for (std::uint32_t kind = 0; kind < kKinds; ++kind) {
        group_.awkward.shares[kind] = share * (kind + 1) / kKinds - share * kind / kKinds;
      }
      return;
    }
    YamlMap kinds(node, "'awkward'", diagnostics_);
    std::uint32_t all = 0;
    for (std::size_t kind = 0; kind < kKinds; ++kind) {
      if (kinds.percent(kAwkwardKinds[kind], group_.awkward.shares[kind])) {
        all += group_.awkward.shares[kind];
      }
    }
    kinds.finish();
    if (all > kWholePpm) {
      error(node.place, fmt::format("awkward: the shares are {} together", format_percent(all)),
            "they must not be more than 100%");
    }
  }

  void read_file(const YamlNode& file, const YamlNode* ignore, bool counted) {
    for (const char* const other : {"name", "awkward"}) {
      if (const YamlNode* node = map_.find(other)) {
        error(node->place, fmt::format("{}: the file has the names", other),
              "leave one of them out");
      }
    }
    std::vector<std::string> ignored;
    if (ignore != nullptr && !read_ignored(*ignore, ignored)) return;
    const std::string& name = file.text;
    if (file.is_scalar() && !name.ends_with(".csv") && !name.ends_with(".json") &&
        !name.ends_with(".jsonl")) {
      error(file.place, fmt::format("file: what is in '{}' cannot be told from its name", name),
            "people.csv, people.json or people.jsonl");
      return;
    }
    const std::optional<SourceText> text = files_.load(file, "file");
    if (!text) return;
    group_.people = read_people(*text, group_, ignored, diagnostics_);
    if (!group_.people) return;
    if (counted && group_.count > group_.people->size()) {
      error(map_.find("count")->place,
            fmt::format("count: {} has {} people, not {}", name,
                        format_thousands(group_.people->size()), format_thousands(group_.count)),
            "leave 'count' out for all");
    }
    if (!counted) group_.count = group_.people->size();
  }

  bool read_ignored(const YamlNode& node, std::vector<std::string>& out) {
    const auto take = [&](const YamlNode& item) {
      if (item.is_scalar()) out.push_back(item.text);
      return item.is_scalar();
    };
    const bool good =
        node.is_sequence() ? std::all_of(node.items.begin(), node.items.end(), take) : take(node);
    if (!good) {
      error(node.place, "ignore: columns of the file are expected", "ignore: [department, mail]");
    }
    return good;
  }

  const YamlNode& node_;
  YamlMap map_;
  LoadedFiles& files_;
  Diagnostics& diagnostics_;
  UserGroup group_;
};

}  // namespace

void read_users(const YamlNode& node, LoadedFiles& files, Scenario& scenario,
                Diagnostics& diagnostics) {
  if (!node.is_map() || node.entries.empty()) {
    diagnostics.error(node.place, "users: groups of users are expected",
                      "users: { alice: { name: alice } }");
    return;
  }
  for (const YamlEntry& entry : node.entries) {
    scenario.users.push_back(Reading(entry, files, diagnostics).read());
  }
}

}  // namespace esm
