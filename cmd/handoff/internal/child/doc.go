// Package child is what the processes of one command have in common: they are the
// same binary under the names of roles, they die with their parent, and they look
// at what they hold. It has something in it on Linux only.
package child
