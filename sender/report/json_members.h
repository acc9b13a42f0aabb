// The members of a JSON object, read into their places or reported by their paths: what is wrong
// with a file that ought to be a run record.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "sender/base/diagnostics.h"
#include "sender/base/time.h"

namespace esm {

// Problems of one file; stops taking them after a while, because a file that is something else
// altogether has one in every line.
class RecordProblems {
 public:
  RecordProblems(const SourceText& source, Diagnostics& diagnostics)
      : file_(source.name()), diagnostics_(diagnostics) {}

  void add(std::string problem);
  bool any() const { return count_ > 0; }
  bool enough() const { return count_ > 20; }

 private:
  std::string file_;
  Diagnostics& diagnostics_;
  int count_ = 0;
};

class JsonMembers {
 public:
  // `value` is null where its absence was reported already.
  JsonMembers(const boost::json::value* value, std::string path, RecordProblems& problems);

  std::string path_of(std::string_view key) const;
  bool has(std::string_view key) const;

  // Each reports a member that is missing or of another kind, and then leaves `out` as it is.
  void text(std::string_view key, std::string& out) const;
  void boolean(std::string_view key, bool& out) const;
  void duration(std::string_view key, std::chrono::nanoseconds& out) const;
  void moment(std::string_view key, UtcTime& out) const;
  void texts(std::string_view key, std::vector<std::string>& out) const;
  JsonMembers object(std::string_view key) const { return {find(key), path_of(key), problems_}; }

  // From `min` to the largest value of T.
  template <typename T>
  void whole(std::string_view key, T& out, T min = 0) const {
    if (const boost::json::value* value = find(key)) whole_value(path_of(key), *value, out, min);
  }

  template <typename T>
  void whole_value(const std::string& path, const boost::json::value& value, T& out,
                   T min = 0) const {
    static_assert(std::is_integral_v<T>);
    if (!value.is_int64() && !value.is_uint64()) {
      not_whole(path, value);
      return;
    }
    const bool fits = value.is_uint64() ? std::in_range<T>(value.get_uint64())
                                        : std::in_range<T>(value.get_int64());
    const T read = !fits               ? T{}
                   : value.is_uint64() ? static_cast<T>(value.get_uint64())
                                       : static_cast<T>(value.get_int64());
    if (!fits || read < min) {
      problems_.add(fmt::format("{}: {} is out of range, {} to {} are possible", path,
                                boost::json::serialize(value), min, std::numeric_limits<T>::max()));
      return;
    }
    out = read;
  }

  // Each item with its path; stops when there are problems enough.
  template <typename Function>
  void list(std::string_view key, Function function) const {
    const boost::json::array* array = find_list(key);
    if (array == nullptr) return;
    for (std::size_t i = 0; i < array->size() && !problems_.enough(); ++i) {
      function((*array)[i], fmt::format("{}[{}]", path_of(key), i));
    }
  }

  void problem(std::string_view key, std::string_view what) const;

 private:
  const boost::json::value* find(std::string_view key) const;
  const boost::json::array* find_list(std::string_view key) const;
  void not_whole(const std::string& path, const boost::json::value& value) const;
  void wrong_kind(std::string_view key, const boost::json::value& value,
                  std::string_view needed) const;

  const boost::json::object* object_ = nullptr;
  std::string path_;
  RecordProblems& problems_;
};

}  // namespace esm
