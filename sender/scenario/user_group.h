// A group of users: what they are called, both ways.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sender/base/diagnostics.h"
#include "sender/scenario/awkward.h"
#include "sender/scenario/name_pattern.h"
#include "sender/scenario/people.h"
#include "sender/scenario/share.h"

namespace esm {

enum class UserForm : std::uint8_t {
  kBare,
  kDownLevel,
  kPrincipal
};  // user, DOMAIN\user, user@domain

// A single named user is a group of one whose pattern is not numbered.
struct UserGroup {
  std::string key;  // its name in the file
  std::uint32_t count = 1;
  NamePattern name;                      // of all members …
  Awkward awkward;                       // … before this
  std::shared_ptr<const People> people;  // or the first `count` of these, who know their domains
  std::vector<TextShare> domains;        // of a pattern's; none: they have no domain
  UserForm form = UserForm::kBare;
  Place place;

  std::string name_of(std::uint32_t index) const;
  // Empty: none.
  std::string_view domain_of(std::uint32_t index) const;
  // As messages write it.
  std::string written(std::uint32_t index) const;
  // DOMAIN\name, or the name alone where there is no domain: for people to read.
  std::string full_name(std::uint32_t index) const;
  // Whoever is called `text`, a name or DOMAIN\name: in order, each once.
  std::vector<std::uint32_t> find(std::string_view text) const;
};

// In how many ways the names of a group differ in more than a number: by domain, and by the word in
// front of an awkward one. What is made for each of them is made once.
class UserVariants {
 public:
  explicit UserVariants(const UserGroup& group);

  std::uint32_t size() const;  // at least 1
  std::uint32_t of(std::uint32_t index) const;
  std::string_view domain(std::uint32_t variant) const;
  // Stands in front of the pattern's name; usually empty.
  std::string_view word(std::uint32_t variant) const;

 private:
  std::uint32_t words() const;

  const UserGroup* group_;
  std::uint64_t hash_;
};

}  // namespace esm
