"""What tests are built with: builders, fakes, scripts."""
