/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One handle for each PCI function and each root bridge. A disk that is the only one behind its
 * function has the same device path, so that the two share the disk's handle; else it is below.
 *
 * A function that our own driver uses is open BY_DRIVER, by the image that stands for the firmware.
 * As this one has no driver binding, nobody can disconnect it.
 */
#include "efi/protocols/pci.h"

#include "core/display.h"
#include "efi/services/database.h"
#include "efi/services/services.h"
#include "lib/config.h"

struct efi_pci *efi_pci_functions;
static struct efi_pci_root *roots;

static bool is_display(const struct device_address *address)
{
	if (!IS_ENABLED(CONFIG_DISPLAY))
		return false;
	for (const struct display *d = display_first(); d; d = d->next)
		if (device_address_equals(&d->address, address))
			return true;
	return false;
}

/* Whom we drive has been brought up by now. */
static bool is_ours(const struct pci_function *function)
{
	return device_is_at(&function->address) || is_display(&function->address);
}

static EFI_STATUS publish_root(struct efi_pci_root *root)
{
	const struct device_address address = {
		.bus = DEVICE_PCI,
		.segment = root->segment,
		.root_bus = root->bus,
	};
	EFI_STATUS status;

	root->path = efi_path_of_pci(&address);
	if (!root->path)
		return EFI_OUT_OF_RESOURCES;
	efi_pci_root_init(root);
	status = efi_install(&root->object, &guid_device_path, root->path);
	if (!status)
		status = efi_install(&root->object, &guid_pci_root_bridge_io, &root->io);
	return status;
}

/* The root bridge that the function is behind, published when it is the first. */
static EFI_STATUS find_root(const struct pci_function *function, struct efi_pci_root **out)
{
	struct efi_pci_root **link = &roots, *root;
	EFI_STATUS status;

	while (*link && ((*link)->segment != function->address.segment ||
			 (*link)->bus != function->address.root_bus))
		link = &(*link)->next;
	*out = *link;
	if (*link)
		return EFI_SUCCESS;
	root = efi_allocate(sizeof(*root));
	if (!root)
		return EFI_OUT_OF_RESOURCES;
	root->segment = function->address.segment;
	root->bus = function->address.root_bus;
	status = publish_root(root);
	if (!status)
		*out = *link = root;
	return status;
}

/* The handle with just that path, or a new one. */
static EFI_STATUS find_handle(struct efi_pci *pci)
{
	struct efi_object *found = efi_object_at(pci->path);

	if (found) {
		efi_free(pci->path);
		pci->path = efi_interface_of(found, &guid_device_path);
		pci->handle = found;
		return EFI_SUCCESS;
	}
	pci->handle = &pci->object;
	return efi_install(&pci->object, &guid_device_path, pci->path);
}

static EFI_STATUS publish(const struct pci_function *function, struct efi_pci ***end)
{
	struct efi_pci *pci = efi_allocate(sizeof(*pci));
	EFI_STATUS status;

	if (!pci)
		return EFI_OUT_OF_RESOURCES;
	pci->function = function;
	status = find_root(function, &pci->root);
	if (status)
		return status;
	pci->path = efi_path_of_pci(&function->address);
	if (!pci->path)
		return EFI_OUT_OF_RESOURCES;
	efi_pci_io_init(pci);
	status = find_handle(pci);
	if (!status)
		status = efi_install(efi_object_of(pci->handle), &guid_pci_io, &pci->io);
	if (!status) {
		**end = pci;
		*end = &pci->next;
	}
	return status;
}

static EFI_STATUS open(EFI_HANDLE handle, const EFI_GUID *protocol, EFI_HANDLE controller,
		       u32 attributes)
{
	void *interface;

	return efi_open_protocol(handle, (EFI_GUID *)protocol, &interface, efi_firmware_image(),
				 controller, attributes);
}

/* Is @path that of the function, and one more node? */
static bool is_child(const struct efi_pci *pci, const EFI_DEVICE_PATH_PROTOCOL *path)
{
	size_t size = efi_path_size(pci->path, EFI_PATH_SIZE_MAX) - sizeof(*pci->path);

	return efi_path_size(path, EFI_PATH_SIZE_MAX) > size + sizeof(*path) &&
	       memcmp(path, pci->path, size) == 0 &&
	       efi_path_is_end(
		       efi_path_next((const EFI_DEVICE_PATH_PROTOCOL *)((const u8 *)path + size)));
}

/* What is behind the function, but no PCI function: those are children of the root bridge. */
static EFI_STATUS open_for_children(const struct efi_pci *pci)
{
	const struct efi_object *object = NULL;
	EFI_STATUS status = EFI_SUCCESS;

	while (!status && (object = efi_next_with(&guid_device_path, object)))
		if (!efi_has_protocol((EFI_HANDLE)object, &guid_pci_io) &&
		    is_child(pci, efi_interface_of((EFI_HANDLE)object, &guid_device_path)))
			status = open(pci->handle, &guid_pci_io, (EFI_HANDLE)object,
				      EFI_OPEN_PROTOCOL_BY_CHILD_CONTROLLER);
	return status;
}

/* As drivers leave it that work by the driver model. */
static EFI_STATUS open_all(void)
{
	EFI_STATUS status = EFI_SUCCESS;

	for (struct efi_pci_root *root = roots; !status && root; root = root->next)
		status = open(&root->object, &guid_pci_root_bridge_io, &root->object,
			      EFI_OPEN_PROTOCOL_BY_DRIVER);
	for (struct efi_pci *pci = efi_pci_functions; !status && pci; pci = pci->next) {
		status = open(&pci->root->object, &guid_pci_root_bridge_io, pci->handle,
			      EFI_OPEN_PROTOCOL_BY_CHILD_CONTROLLER);
		if (status || !is_ours(pci->function))
			continue;
		status = open(pci->handle, &guid_pci_io, pci->handle, EFI_OPEN_PROTOCOL_BY_DRIVER);
		if (!status)
			status = open_for_children(pci);
	}
	return status;
}

/* A device that a guest has let do DMA must not go on in the memory of the operating system. */
static void stop_guests_devices(struct device *device)
{
	(void)device;
	for (struct efi_pci *pci = efi_pci_functions; pci; pci = pci->next) {
		const struct pci_function *function = pci->function;
		u32 command;

		if (!pci->is_changed || function->is_bridge || is_ours(function))
			continue;
		command = function->ops->read(function, EFI_PCI_COMMAND, EFI_PCI_COMMAND_SIZE);
		if (command & EFI_PCI_COMMAND_MASTER)
			function->ops->write(function, EFI_PCI_COMMAND, EFI_PCI_COMMAND_SIZE,
					     command & ~(u32)EFI_PCI_COMMAND_MASTER);
	}
}

EFI_STATUS efi_pci_publish(void)
{
	static struct device guests_devices = {
		.name = "devices of boot loaders",
		.quiesce = stop_guests_devices,
	};
	struct efi_pci **end = &efi_pci_functions;
	EFI_STATUS status = EFI_SUCCESS;

	for (const struct pci_function *f = pci_function_first(); !status && f; f = f->next)
		/* Those behind too many bridges have no path. */
		if (f->address.depth)
			status = publish(f, &end);
	if (!status)
		status = open_all();
	if (efi_pci_functions)
		device_register(&guests_devices);
	return status;
}
