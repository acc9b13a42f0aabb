#include "sender/verify/arrivals.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "sender/verify/line_reader.h"

namespace esm {

bool Arrivals::read(const ReceivedForm& form, std::istream& received) {
  std::sort(wanted_.begin(), wanted_.end(),
            [](const Wanted& a, const Wanted& b) { return a.hash < b.hash; });
  LineReader reader(received);
  std::string scratch;
  std::string_view line;
  while (reader.next(line)) {
    const auto message = form.stored(line, scratch);
    if (!message || reader.too_long()) continue;
    if (const Wanted* const found = find(hash128(*message)); found != nullptr && found->line == 0) {
      wanted_[static_cast<std::size_t>(found - wanted_.data())].line = reader.number();
    }
  }
  return !reader.failed();
}

std::uint64_t Arrivals::line_of(const Hash128& hash) const {
  const Wanted* const found = find(hash);
  return found == nullptr ? 0 : found->line;
}

const Arrivals::Wanted* Arrivals::find(const Hash128& hash) const {
  const auto found =
      std::lower_bound(wanted_.begin(), wanted_.end(), hash,
                       [](const Wanted& one, const Hash128& other) { return one.hash < other; });
  return found == wanted_.end() || found->hash != hash ? nullptr : &*found;
}

}  // namespace esm
