// `parameters:` of a scenario: values that whoever plays it may choose (`--set endpoints=5000`),
// each with a type, a default and bounds. $(name) anywhere in the file stands for the value.
#pragma once

#include <string>
#include <vector>

#include "sender/base/diagnostics.h"
#include "sender/base/yaml.h"
#include "sender/scenario/scenario.h"

namespace esm {

// "endpoints=5000". False, with the mistake reported, where that is not the form.
bool parse_setting(const std::string& text, Setting& out, Diagnostics& diagnostics);

// A parameter as those need it who offer it to a person.
struct ParameterOffer {
  std::string name;
  std::vector<std::string> choices;  // of a choice: all its values
};
// What the scenario `root` declares rightly, in order; of the rest nothing is said.
std::vector<ParameterOffer> offered_parameters(const YamlNode& root);

// Reads `parameters` of the scenario `root` and puts the value - the setting's, else the default -
// wherever $(name) stands in a value or a key; $$( is the two characters. A setting is checked like
// a default, and reported where the parameter is declared; the default then stands in for it. False
// where a parameter has no value: all that is said of the file then would be of words nobody wrote.
bool fill_in_parameters(YamlNode& root, const std::vector<Setting>& settings,
                        Diagnostics& diagnostics);

}  // namespace esm
