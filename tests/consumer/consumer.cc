// Uses the installed library through its public headers only, as a receiver's own test would:
//
//   consumer SCENARIO.yaml TEMPLATE.yaml PROFILE.yaml
//
// prints the table a correct receiver holds half an hour after the scenario's start. With other
// arguments it is the command itself, so that everything in the library and behind it must link.
#include <array>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "sender/cli/cli.h"
#include "sender/mapping/panos_text.h"
#include "sender/mapping/truth.h"
#include "sender/message/template.h"
#include "sender/scenario/plan.h"
#include "sender/scenario/scenario_reader.h"

namespace {

esm::SourceText file(const char* path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return {path, text.str()};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return esm::run_cli(std::vector<std::string>(argv + 1, argv + argc));
  esm::Diagnostics diagnostics;
  auto scenario = esm::read_scenario(file(argv[1]), diagnostics);
  const auto message = esm::read_template(file(argv[2]), diagnostics);
  const auto profile = esm::read_profile(file(argv[3]), diagnostics);
  std::fputs(diagnostics.render().c_str(), stderr);
  if (!scenario || !message || !profile) return 2;

  const esm::Plan plan(std::move(*scenario), 1);
  const std::array<esm::SimTime, 1> moments{std::chrono::minutes{30}};
  const auto tables = esm::truth(plan, *message, esm::ProfileSet(*profile), {}, moments);
  std::fputs(esm::panos_mapping_table(tables.front().mappings, moments.front()).c_str(), stdout);
  return 0;
}
