// The documents that come from the option table: docs/configuration.md and basalt.conf. A test
// compares both files with these texts, and writes them when BASALT_WRITE_DOCUMENTS is set.

#ifndef BASALT_ENGINE_OPTION_DOCUMENTS_H_
#define BASALT_ENGINE_OPTION_DOCUMENTS_H_

#include <string>

namespace engine {

// One table per section: option, type and range, default, whether CONFIG SET changes it, help.
std::string configuration_document();

// A commented configuration with the settings Basalt is made for; all others at their default,
// commented out.
std::string sample_configuration();

}  // namespace engine

#endif  // BASALT_ENGINE_OPTION_DOCUMENTS_H_
