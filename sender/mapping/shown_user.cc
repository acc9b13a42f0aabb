#include "sender/mapping/shown_user.h"

#include <string>

namespace esm {
namespace {

std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

}  // namespace

bool is_right_user(const UserGroup& group, std::uint32_t index, std::string_view shown) {
  if (shown == group.written(index)) return true;
  const std::string name = group.name_of(index);
  const std::string own(group.domain_of(index));
  const std::size_t backslash = shown.find('\\');
  if (backslash != std::string_view::npos && shown.substr(backslash + 1) == name) {
    const std::string domain = lower(std::string(shown.substr(0, backslash)));
    if (own.empty() ? group.form == UserForm::kBare : domain == lower(own)) return true;
  }
  const std::size_t at = shown.rfind('@');
  return at != std::string_view::npos && shown.substr(0, at) == name && !own.empty() &&
         lower(std::string(shown.substr(at + 1))) == lower(own);
}

}  // namespace esm
