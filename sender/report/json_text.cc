#include "sender/report/json_text.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "sender/base/diagnostics.h"

namespace esm {

boost::json::string json_text(const std::string& text) {
  boost::system::error_code invalid;
  const boost::json::value value{boost::json::string(text)};
  boost::json::parse(boost::json::serialize(value), invalid);
  return boost::json::string(invalid ? escape_for_display(text) : text);
}

}  // namespace esm
