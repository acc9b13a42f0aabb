#include "sender/scenario/user_group.h"

#include <algorithm>

#include "sender/base/hash.h"
#include "sender/base/random.h"

namespace esm {

UserVariants::UserVariants(const UserGroup& group) : group_(&group), hash_(hash64(group.key)) {}

std::uint32_t UserVariants::words() const {
  return group_->awkward.any() ? static_cast<std::uint32_t>(awkward_words().size()) + 1 : 1;
}

std::uint32_t UserVariants::size() const {
  const std::size_t domains =
      group_->people ? group_->people->domains().size() : group_->domains.size();
  return static_cast<std::uint32_t>(std::max<std::size_t>(domains, 1)) * words();
}

std::uint32_t UserVariants::of(std::uint32_t index) const {
  if (group_->people) return group_->people->domain(index);
  // The seed has no part in it: steps speak of people by name and domain, whatever the seed.
  const std::uint32_t domain = group_->domains.size() < 2
                                   ? 0
                                   : chosen(group_->domains, &TextShare::parts_per_million,
                                            draw(0, {hash_, index}, Purpose::kDomain, 0));
  if (!group_->awkward.any()) return domain;
  return domain * words() + awkward_word_of(group_->awkward, hash_, index);
}

std::string_view UserVariants::domain(std::uint32_t variant) const {
  if (group_->people) return group_->people->domains()[variant];
  return group_->domains.empty() ? std::string_view() : group_->domains[variant / words()].text;
}

std::string_view UserVariants::word(std::uint32_t variant) const {
  const std::uint32_t word = variant % words();
  return word == 0 ? std::string_view() : awkward_words()[word - 1];
}

std::string UserGroup::name_of(std::uint32_t index) const {
  if (people) return std::string(people->name(index));
  if (!awkward.any()) return name.name(index);
  const UserVariants variants(*this);
  return std::string(variants.word(variants.of(index))) + name.name(index);
}

std::string_view UserGroup::domain_of(std::uint32_t index) const {
  const UserVariants variants(*this);
  return variants.domain(variants.of(index));
}

std::string UserGroup::written(std::uint32_t index) const {
  switch (form) {
    case UserForm::kBare:
      break;
    case UserForm::kDownLevel:
      return std::string(domain_of(index)) + "\\" + name_of(index);
    case UserForm::kPrincipal:
      return name_of(index) + "@" + std::string(domain_of(index));
  }
  return name_of(index);
}

std::string UserGroup::full_name(std::uint32_t index) const {
  const std::string_view domain = domain_of(index);
  return domain.empty() ? name_of(index) : std::string(domain) + "\\" + name_of(index);
}

std::vector<std::uint32_t> UserGroup::find(std::string_view text) const {
  std::vector<std::uint32_t> found;
  const UserVariants variants(*this);
  // Whoever is called `called`, in that domain where one is given.
  const auto look = [&](std::string_view called, const std::string_view* domain) {
    const auto take = [&](std::uint32_t index) {
      if (index >= count) return;
      if (domain != nullptr && variants.domain(variants.of(index)) != *domain) return;
      found.push_back(index);
    };
    if (people) return people->find(called, take);
    const auto look_behind = [&](std::string_view word) {
      if (!called.starts_with(word)) return;
      const auto index = name.index_of(called.substr(word.size()), count);
      if (index && variants.word(variants.of(*index)) == word) take(*index);
    };
    look_behind({});
    if (!awkward.any()) return;
    for (const std::string_view word : awkward_words()) look_behind(word);
  };
  look(text, nullptr);
  for (std::size_t at = text.find('\\'); at != std::string_view::npos;
       at = text.find('\\', at + 1)) {
    const std::string_view domain = text.substr(0, at);
    look(text.substr(at + 1), &domain);
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

}  // namespace esm
