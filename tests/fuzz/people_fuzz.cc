// Any file is either refused with at least one error, or holds people each of whom is found again
// by name. The first byte chooses what kind of file it is.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "sender/scenario/people_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const char* const names[] = {"people.csv", "people.json", "people.jsonl"};
  const esm::SourceText source(names[data[0] % 3],
                               std::string(reinterpret_cast<const char*>(data + 1), size - 1));
  esm::UserGroup group;
  group.key = "staff";
  group.domains = {{"CORP"}};
  esm::Diagnostics diagnostics;
  const auto people = esm::read_people(source, group, {"mail"}, diagnostics);
  diagnostics.add_source(source);
  diagnostics.render();
  if ((people != nullptr) == diagnostics.has_errors()) std::abort();
  if (!people) return 0;
  group.people = people;
  group.count = people->size();
  for (std::uint32_t i = 0; i < std::min(group.count, 100U); ++i) {
    const auto found = group.find(group.full_name(i));
    if (std::find(found.begin(), found.end(), i) == found.end()) std::abort();
  }
  return 0;
}
