#include "sender/report/json_members.h"

#include <optional>

namespace esm {

namespace json = boost::json;

namespace {

std::string_view kind_of(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      return "null";
    case json::kind::bool_:
      return "a truth value";
    case json::kind::int64:
    case json::kind::uint64:
      return "a whole number";
    case json::kind::double_:
      return "a number that is not whole, or too large";
    case json::kind::string:
      return "a text";
    case json::kind::array:
      return "a list";
    case json::kind::object:
      return "an object";
  }
  return "?";
}

}  // namespace

void RecordProblems::add(std::string problem) {
  constexpr int kShownMax = 20;
  if (count_ < kShownMax) {
    diagnostics_.error(
        {file_, 0, 0, 1}, std::move(problem),
        count_ == 0 ? "this is no run record as --report writes it, or it was changed or cut" : "");
  } else if (count_ == kShownMax) {
    diagnostics_.error({file_, 0, 0, 1}, "more of this kind follows");
  }
  ++count_;
}

JsonMembers::JsonMembers(const json::value* value, std::string path, RecordProblems& problems)
    : path_(std::move(path)), problems_(problems) {
  if (value == nullptr) return;
  object_ = value->if_object();
  if (object_ == nullptr) {
    problems_.add(fmt::format("{}: {} where an object is needed",
                              path_.empty() ? "the file" : path_, kind_of(*value)));
  }
}

std::string JsonMembers::path_of(std::string_view key) const {
  return path_.empty() ? std::string(key) : fmt::format("{}.{}", path_, key);
}

bool JsonMembers::has(std::string_view key) const {
  return object_ != nullptr && object_->if_contains(key) != nullptr;
}

const json::value* JsonMembers::find(std::string_view key) const {
  if (object_ == nullptr) return nullptr;
  const json::value* value = object_->if_contains(key);
  if (value == nullptr) problems_.add(path_of(key) + " is missing");
  return value;
}

const json::array* JsonMembers::find_list(std::string_view key) const {
  const json::value* value = find(key);
  if (value == nullptr) return nullptr;
  const json::array* array = value->if_array();
  if (array == nullptr) wrong_kind(key, *value, "a list");
  return array;
}

void JsonMembers::text(std::string_view key, std::string& out) const {
  const json::value* value = find(key);
  if (value == nullptr) return;
  if (const json::string* text = value->if_string()) {
    out.assign(text->data(), text->size());
  } else {
    wrong_kind(key, *value, "a text");
  }
}

void JsonMembers::boolean(std::string_view key, bool& out) const {
  const json::value* value = find(key);
  if (value == nullptr) return;
  if (const bool* truth = value->if_bool()) {
    out = *truth;
  } else {
    wrong_kind(key, *value, "true or false");
  }
}

void JsonMembers::duration(std::string_view key, std::chrono::nanoseconds& out) const {
  std::int64_t ns = out.count();
  whole(key, ns);
  out = std::chrono::nanoseconds{ns};
}

void JsonMembers::moment(std::string_view key, UtcTime& out) const {
  const json::value* value = find(key);
  if (value == nullptr) return;
  const json::string* text = value->if_string();
  if (text == nullptr) {
    wrong_kind(key, *value, "a time");
    return;
  }
  if (const auto parsed = parse_rfc3339({text->data(), text->size()})) {
    out = *parsed;
  } else {
    problems_.add(fmt::format("{}: '{}' is not a time as in RFC 3339", path_of(key),
                              std::string_view(text->data(), text->size())));
  }
}

void JsonMembers::texts(std::string_view key, std::vector<std::string>& out) const {
  list(key, [&](const json::value& item, const std::string& path) {
    if (const json::string* text = item.if_string()) {
      out.emplace_back(text->data(), text->size());
    } else {
      problems_.add(fmt::format("{}: {} where a text is needed", path, kind_of(item)));
    }
  });
}

void JsonMembers::problem(std::string_view key, std::string_view what) const {
  problems_.add(fmt::format("{} {}", path_of(key), what));
}

void JsonMembers::not_whole(const std::string& path, const json::value& value) const {
  problems_.add(fmt::format("{}: {} where a whole number is needed", path, kind_of(value)));
}

void JsonMembers::wrong_kind(std::string_view key, const json::value& value,
                             std::string_view needed) const {
  problems_.add(fmt::format("{}: {} where {} is needed", path_of(key), kind_of(value), needed));
}

}  // namespace esm
