// How the texts of a part are numbered: one for each thing of the plan that makes a difference. A
// part of users has a text for each group and variant, one of the ESM one for each server.
#pragma once

#include <cstdint>
#include <vector>

#include "sender/message/template.h"
#include "sender/scenario/plan.h"
#include "sender/scenario/user_group.h"

namespace esm {

// Where the texts of a group's users are, among those of all users.
struct UserTexts {
  std::uint32_t base = 0;
  bool varied = false;             // there are several
  bool quoted = false;             // each twice: the second in quotes, for names that need them
  const People* people = nullptr;  // whose names they are
  UserVariants variants;
};

struct TextIndex {
  TextIndex(const Template& message, const Plan& plan);

  std::vector<UserTexts> users;  // of each group
  std::uint32_t nobody = 0;      // how many texts there are of users; behind them nobody's
  bool has_dash = false;         // nobody may be written as a dash: one more
  // The first of each group's; of a group without versions of its own there is one for each ESM.
  std::vector<std::uint32_t> version_bases, os_bases;

  std::size_t users_size() const { return nobody + (has_dash ? 2U : 1U); }
};

}  // namespace esm
